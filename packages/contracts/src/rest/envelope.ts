import { z } from 'zod';
import { errorBody } from '../errors.ts';
import { text } from '../text.ts';

/** The body of every successful answer. */
export const ok = <T extends z.ZodType>(data: T) => z.object({ success: z.literal(true), data });

export const pageMeta = z.object({ page: z.int(), limit: z.int(), total: z.int(), totalPages: z.int() });
export type PageMeta = z.infer<typeof pageMeta>;

/** The body of a page-numbered list. */
export const okPage = <T extends z.ZodType>(data: T) => z.object({ success: z.literal(true), data, meta: pageMeta });

/** What any route may answer beside its own statuses. */
export const commonErrors = {
  400: errorBody,
  401: errorBody,
  403: errorBody,
  404: errorBody,
  409: errorBody,
  413: errorBody,
  415: errorBody,
  429: errorBody,
  500: errorBody,
  503: errorBody,
} as const;

const decimal = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));

const numberOrDigits = (min: number, max: number) =>
  z.union([z.int().min(min).max(max), decimal(min, max)], { error: `a whole number from ${min} to ${max}` });

/** `page` and `limit` of page-numbered lists; strings as they come from a query, or numbers from a typed client. */
export const pageQuery = z.object({
  page: numberOrDigits(1, 1_000_000).default(1),
  limit: numberOrDigits(1, 100).default(20),
});

export const historyLimit = numberOrDigits(1, 100).default(50);

/** Where a picture lies. `javascript:` and `data:` never reach other people's clients. */
export const httpUrl = text({ max: 2048 }).pipe(z.url({ protocol: /^https?$/ }));

/** A plain confirmation. */
export const confirmation = ok(z.object({ message: z.string() }));

/** A POST, PATCH or DELETE without a body counts as `{}`. */
export const emptyBody = z.object({}).optional();

/** `metadata` of a route that needs no access token; every other route does. */
export const openToAll = { openToAll: true } as const;

/** @returns whether a route with this `metadata` needs no access token. */
export const isOpenToAll = (metadata: unknown): boolean => metadata === openToAll;
