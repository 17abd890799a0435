export * from './events/index.ts';
export { Refusal, type RefusalCode } from './refusal.ts';
