import { render } from 'preact';
import { chat } from './state/chat.ts';
import './style.css';
import { App } from './views/app.tsx';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);

// A session that was kept goes on, with what was not sent
void chat.resume();
