import { expect } from 'vitest';

/** A decider: what a command does to a state, as events. */
export type Decider<State, Command, Event> = {
  readonly decide: (command: Command, state: State) => readonly Event[];
  readonly evolve: (state: State, event: Event) => State;
  readonly initialState: () => State;
};

/** What may be said about a command on a history. */
export type Outcome<Event> = {
  /** Exactly these events, in this order. */
  then(...events: readonly Event[]): void;
  /** No event: it is already so. */
  thenNothing(): void;
  /** Refused by an error with this `code`. */
  thenRefused(code: string): void;
};

/**
 * Given a history, when a command, then events: tests of a decider that read as its rules.
 *
 * @example
 * const given = specificationOf({ decide, evolve, initialState });
 * test('a deleted room refuses', () => given(created, deleted).when(removeBob).thenRefused('ROOM_NOT_FOUND'));
 */
export const specificationOf =
  <State, Command, Event>({ decide, evolve, initialState }: Decider<State, Command, Event>) =>
  (...history: readonly NoInfer<Event>[]) => ({
    when: (command: Command): Outcome<Event> => {
      const outcome = () => decide(command, history.reduce<State>(evolve, initialState()));
      return {
        // oxlint-disable-next-line unicorn/no-thenable -- given, when, then; nobody awaits it
        then: (...events) => expect(outcome()).toEqual(events),
        thenNothing: () => expect(outcome()).toEqual([]),
        thenRefused: (code) => expect(outcome).toThrow(expect.objectContaining({ code })),
      };
    },
  });
