import { clientOf, createPerson, createRoom, type Person } from './person.fixture.ts';
import type { System } from './system.fixture.ts';

/** People who write and at once read what they wrote, each time at another api process. */
export type Life = {
  /** Reads and writes that went well so far. */
  rounds(): number;
  /** What was answered with an error, or with something older than what had been written. */
  readonly problems: readonly string[];
  stop(): Promise<void>;
};

const describeAnswer = (what: string, answer: { status: number; body: unknown }): string =>
  `${what}: ${answer.status} ${JSON.stringify(answer.body)}`;

/** Lets some people live in rooms of their own until they are told to stop. */
export const startLife = async ({ apiUrls }: System, people: number): Promise<Life> => {
  const problems: string[] = [];
  const stopping = new AbortController();
  let rounds = 0;
  let turn = 0;
  const anywhere = ({ token }: Person) => clientOf(apiUrls[turn++ % apiUrls.length] ?? '', token);

  const round = async (person: Person, roomId: string, count: number): Promise<void> => {
    const sent = await anywhere(person).messages.send({ body: { roomId, content: `m${count}` } });
    if (sent.status !== 201) return void problems.push(describeAnswer('send', sent));
    const { id } = sent.body.data.message;
    const history = await anywhere(person).messages.history({ query: { roomId, limit: 1 } });
    if (history.status !== 200) problems.push(describeAnswer('history', history));
    else if (history.body.data.messages[0]?.id !== id)
      problems.push(`the history of ${roomId} is older than m${count}`);
    const room = await anywhere(person).rooms.get({ params: { id: roomId } });
    if (room.status !== 200) problems.push(describeAnswer('room', room));
    else if (room.body.data.room._count.messages !== count) {
      problems.push(`${roomId} has ${room.body.data.room._count.messages} messages instead of ${count}`);
    }
    if (count % 3 === 0) {
      const edited = await anywhere(person).messages.edit({ params: { id }, body: { content: `e${count}` } });
      if (edited.status !== 200) problems.push(describeAnswer('edit', edited));
      const read = await anywhere(person).messages.get({ params: { id } });
      if (read.status !== 200) problems.push(describeAnswer('message', read));
      else if (read.body.data.message.content !== `e${count}`) problems.push(`${id} is shown as before its edit`);
    }
    rounds += 1;
  };
  const live = async (index: number): Promise<void> => {
    const person = await createPerson(apiUrls[index % apiUrls.length] ?? '', `life${index}`);
    const roomId = await createRoom(person);
    for (let count = 1; !stopping.signal.aborted; count++) await round(person, roomId, count);
  };
  const living = Promise.all(
    Array.from({ length: people }, (_, index) =>
      live(index).catch((error: unknown) => void problems.push(`no answer: ${String(error)}`)),
    ),
  );
  return {
    rounds: () => rounds,
    problems,
    stop: async () => {
      stopping.abort();
      await living;
    },
  };
};
