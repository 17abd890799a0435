import type { IncomingMessage } from 'node:http';
import type { Commands } from '@kuraxx/commands';
import type { Position } from '@kuraxx/event-store';
import type { AppRoute, AppRouter, SchemaOutputOrType } from '@ts-rest/core';
import { isAppRoute } from '@ts-rest/core';

/** Who calls: the owner of a valid access token. */
export type Caller = Awaited<ReturnType<Commands['accounts']['authenticate']>>;

type Parsed<R, Part extends string> = Part extends keyof R ? SchemaOutputOrType<R[Part]> : undefined;

type FormRoute = { contentType: 'multipart/form-data' };

/** Whether a route takes a form with files. */
export const isFormRoute = (route: AppRoute): boolean =>
  'contentType' in route && route.contentType === 'multipart/form-data';

/** A request as a handler sees it: parsed by the contract. */
export type Call<R> = {
  readonly params: Parsed<R, 'pathParams'>;
  readonly query: Parsed<R, 'query'>;
  /** A form with files is not read yet: its handler reads it as a stream. */
  readonly body: R extends FormRoute ? IncomingMessage : Parsed<R, 'body'>;
  readonly caller: R extends { metadata: { openToAll: true } } ? undefined : Caller;
  /** The client said `Prefer: respond-async`: don't wait for the read models. */
  readonly respondAsync: boolean;
  /** Where the request comes from, as limits count it. */
  readonly address: string;
};

type SuccessBody<R extends AppRoute> = R['responses'] extends { 201: infer S }
  ? SchemaOutputOrType<S>
  : R['responses'] extends { 200: infer S }
    ? SchemaOutputOrType<S>
    : never;

/** What a handler answers: the envelope without `success`, and for writes where the event stands in the log. */
export type Reply<R extends AppRoute> = Omit<SuccessBody<R>, 'success'> & { readonly position?: Position | undefined };

export type Handler<R extends AppRoute> = (call: Call<R>) => Promise<Reply<R>>;

/** A handler for each route of a contract; a route without one does not compile. */
export type Handlers<C extends AppRouter> = {
  readonly [K in keyof C]: C[K] extends AppRoute ? Handler<C[K]> : C[K] extends AppRouter ? Handlers<C[K]> : never;
};

type AnyCall = {
  params: unknown;
  query: unknown;
  body: unknown;
  caller: Caller | undefined;
  respondAsync: boolean;
  address: string;
};

/**
 * Any handler, for the adapter. A method, because TypeScript compares the arguments of methods both ways: the adapter
 * parses each request by the very route that the handler is typed by, which is what makes that safe.
 */
export type AnyHandler = { run(call: AnyCall): Promise<object & { position?: Position | undefined }> }['run'];
export type AnyHandlers = { readonly [name: string]: AnyHandler | AnyHandlers };

export type Endpoint = { readonly route: AppRoute; readonly handle: AnyHandler };

/** Pairs each route of the contract with its handler. @throws when one is missing */
export const endpointsOf = (contract: AppRouter, handlers: AnyHandlers): Endpoint[] =>
  Object.entries(contract).flatMap(([name, entry]) => {
    const found = handlers[name];
    if (isAppRoute(entry) && typeof found === 'function') return [{ route: entry, handle: found }];
    if (!isAppRoute(entry) && typeof found === 'object') return endpointsOf(entry, found);
    throw new Error(`the contract's ${name} has no handler`);
  });
