import { apiContract } from '@kuraxx/contracts';
import { type AppRoute, type AppRouter, isAppRoute } from '@ts-rest/core';

/** A route of the contract with its name in it, such as `rooms.update`. */
export type Endpoint = { readonly name: string; readonly route: AppRoute };

const endpointsIn = (router: AppRouter, prefix: string): Endpoint[] =>
  Object.entries(router).flatMap(([key, entry]) =>
    isAppRoute(entry) ? [{ name: prefix + key, route: entry }] : endpointsIn(entry, `${prefix}${key}.`),
  );

/** Every endpoint of the contract. */
export const endpoints: readonly Endpoint[] = endpointsIn(apiContract, '');
