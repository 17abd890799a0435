/** Data of the appends under way in this process, by event id. */
export type OwnData = {
  begin(eventId: string, data: Uint8Array): void;
  end(eventId: string): void;
  /** Whether an append under way has written just these bytes under this id: then they are what this process has encoded itself. */
  has(eventId: string, data: Uint8Array): boolean;
};

/** As many as appends are under way: the publisher bounds those in flight, `append` those that wait for a connection; a few pause between two attempts. */
export const createOwnData = (): OwnData => {
  const known = new Map<string, Uint8Array>();
  return {
    begin: (eventId, data) => void known.set(eventId, data),
    end: (eventId) => void known.delete(eventId),
    has(eventId, data) {
      const own = known.get(eventId);
      return own !== undefined && Buffer.compare(own, data) === 0;
    },
  };
};
