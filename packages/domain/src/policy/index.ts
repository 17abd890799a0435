export { authorise, requireRight } from './authorise.ts';
export { type Operation, operations, policy, type Verdict, verdictOf } from './policy.ts';
export { type KnownStanding, type Standing, standingOf, standings } from './standing.ts';
