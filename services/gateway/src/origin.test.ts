import { expect, test } from 'vitest';
import { isOriginAllowed } from './origin.ts';

const rules = { origins: ['http://localhost:3000'], anyLocal: false };

test('who is no browser may come', () => expect(isOriginAllowed('', rules)).toBe(true));
test('a configured page may come', () => expect(isOriginAllowed('http://localhost:3000', rules)).toBe(true));
test('another page may not', () => expect(isOriginAllowed('https://evil.example', rules)).toBe(false));
test('another port of this machine may in development alone', () => {
  expect(isOriginAllowed('http://localhost:5173', rules)).toBe(false);
  expect(isOriginAllowed('http://localhost:5173', { ...rules, anyLocal: true })).toBe(true);
});
test('an empty list allows no page', () => {
  expect(isOriginAllowed('http://localhost:3000', { origins: [], anyLocal: false })).toBe(false);
});
test('a name that only begins like this machine may never', () => {
  expect(isOriginAllowed('http://localhost.evil.example', { ...rules, anyLocal: true })).toBe(false);
  expect(isOriginAllowed('null', { ...rules, anyLocal: true })).toBe(false);
});
