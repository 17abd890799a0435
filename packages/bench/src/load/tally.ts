/** What each socket should have got, and what it got. */
export type Tally = {
  /** A message was sent to a room. */
  sent(room: number, number: number): void;
  /** A socket got it. */
  received(socket: number, number: number): void;
  /** @returns how many deliveries were missing and how many came twice or were not for that socket */
  verdict(): { readonly missing: number; readonly doubled: number };
};

/**
 * Counts without a record for each delivery: a socket's deliveries are the room's messages exactly when their number, the sum
 * of their numbers and the sum of the squares agree (a loss and a double that cancel out in all three don't happen by accident).
 *
 * @param roomOf which room a socket is in
 */
export const createTally = (sockets: number, rooms: number, roomOf: (socket: number) => number): Tally => {
  const make = (length: number) => ({
    count: new Float64Array(length),
    sum: new Float64Array(length),
    squares: new Float64Array(length),
  });
  const modulus = 2 ** 31 - 1; // sums of squares stay exact
  const expected = make(rooms);
  const had = make(sockets);
  const add = (into: ReturnType<typeof make>, index: number, number: number): void => {
    into.count[index] = (into.count[index] ?? 0) + 1;
    into.sum[index] = (into.sum[index] ?? 0) + number;
    into.squares[index] = ((into.squares[index] ?? 0) + ((number * number) % modulus)) % modulus;
  };
  return {
    sent: (room, number) => add(expected, room, number),
    received: (socket, number) => add(had, socket, number),
    verdict() {
      let missing = 0;
      let doubled = 0;
      for (let socket = 0; socket < sockets; socket++) {
        const room = roomOf(socket);
        const difference = (had.count[socket] ?? 0) - (expected.count[room] ?? 0);
        if (difference < 0) missing -= difference;
        else if (difference > 0) doubled += difference;
        else if (had.sum[socket] !== expected.sum[room] || had.squares[socket] !== expected.squares[room]) {
          missing += 1; // as many lost as doubled: at least one of each
          doubled += 1;
        }
      }
      return { missing, doubled };
    },
  };
};
