/** Why a socket can't stay. */
export type Surplus = 'gateway' | 'address';

/** Counts the open sockets of this process, all together and by address. */
export type Admission = {
  /** @returns undefined when there is room; then `leave` must follow */
  enter(address: string): Surplus | undefined;
  leave(address: string): void;
};

export const createAdmission = (limits: {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}): Admission => {
  const addresses = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const count = addresses.get(address) ?? 0;
      if (all >= limits.maxConnections) return 'gateway';
      if (count >= limits.maxConnectionsPerAddress) return 'address';
      addresses.set(address, count + 1);
      all += 1;
      return undefined;
    },
    leave(address) {
      const count = (addresses.get(address) ?? 0) - 1;
      if (count > 0) addresses.set(address, count);
      else addresses.delete(address);
      all -= 1;
    },
  };
};
