import { expect, test } from 'vitest';
import { isOriginAllowed } from './origin.ts';

const rules = { origins: ['http://localhost:3000'], anyLocal: false };

test('who is no browser may come', () => expect(isOriginAllowed('', 'chat.example:3002', rules)).toBe(true));
test('a configured page may come', () =>
  expect(isOriginAllowed('http://localhost:3000', 'chat.example:3002', rules)).toBe(true));
test('another page may not', () =>
  expect(isOriginAllowed('https://evil.example', 'chat.example:3002', rules)).toBe(false));
test('another port of this machine may in development alone', () => {
  expect(isOriginAllowed('http://localhost:5173', 'chat.example:3002', rules)).toBe(false);
  expect(isOriginAllowed('http://localhost:5173', 'chat.example:3002', { ...rules, anyLocal: true })).toBe(true);
});
test('an empty list allows no page', () => {
  expect(isOriginAllowed('http://localhost:3000', 'chat.example:3002', { origins: [], anyLocal: false })).toBe(false);
});
test('a name that only begins like this machine may never', () => {
  expect(isOriginAllowed('http://localhost.evil.example', 'chat.example:3002', { ...rules, anyLocal: true })).toBe(
    false,
  );
  expect(isOriginAllowed('null', 'chat.example:3002', { ...rules, anyLocal: true })).toBe(false);
});

test('a page of the host that is asked may, as an app that names it as its origin', () => {
  expect(isOriginAllowed('http://chat.example:3002', 'chat.example:3002', rules)).toBe(true);
  expect(isOriginAllowed('https://chat.example', 'Chat.example', rules)).toBe(true);
  expect(isOriginAllowed('https://chat.example', 'chat.example:3002', rules)).toBe(false);
  expect(isOriginAllowed('https://chat.example.evil.example', 'chat.example', rules)).toBe(false);
  expect(isOriginAllowed('null', 'null', rules)).toBe(false);
  expect(isOriginAllowed('file://', '', rules)).toBe(false);
});
