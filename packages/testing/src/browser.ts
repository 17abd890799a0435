export type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
export { openBrowser } from './chromium.ts';
