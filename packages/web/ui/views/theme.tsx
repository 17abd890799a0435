import { effect, signal } from '@preact/signals';

type Theme = 'light' | 'dark';
const key = 'kuraxx-theme';
const kept = localStorage.getItem(key);
const system: Theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
const theme = signal<Theme>(kept === 'dark' || kept === 'light' ? kept : system);

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
});

/** The system's choice, until the person makes another. */
export const ThemeButton = () => {
  const other: Theme = theme.value === 'dark' ? 'light' : 'dark';
  const choose = (): void => {
    theme.value = other;
    localStorage.setItem(key, other);
  };
  return (
    <button type="button" class="quiet" onClick={choose} aria-label={`Use the ${other} theme`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="2" />
        <path d="M8 1a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
};
