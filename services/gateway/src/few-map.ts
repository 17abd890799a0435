/**
 * A map that is nearly always empty or has one entry: then it costs three words instead of a table of its own, which tens of thousands of idle
 * sockets would each have several of. In the order of insertion, as `Map`.
 */
export class FewMap<K, V> {
  /** The only entry; undefined when there is none, or `#many` has them. */
  #only: { readonly key: K; readonly value: V } | undefined = undefined;
  #many: Map<K, V> | undefined = undefined;

  get size(): number {
    return this.#many?.size ?? (this.#only === undefined ? 0 : 1);
  }

  get(key: K): V | undefined {
    if (this.#many !== undefined) return this.#many.get(key);
    return this.#only?.key === key ? this.#only.value : undefined;
  }

  has(key: K): boolean {
    return this.#many?.has(key) ?? this.#only?.key === key;
  }

  set(key: K, value: V): void {
    if (this.#many !== undefined) {
      this.#many.set(key, value);
    } else if (this.#only === undefined || this.#only.key === key) {
      this.#only = { key, value };
    } else {
      this.#many = new Map([
        [this.#only.key, this.#only.value],
        [key, value],
      ]);
      this.#only = undefined;
    }
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    if (this.#many === undefined) {
      const was = this.#only?.key === key;
      if (was) this.#only = undefined;
      return was;
    }
    const was = this.#many.delete(key);
    if (this.#many.size === 0) this.#many = undefined;
    return was;
  }

  clear(): void {
    this.#only = undefined;
    this.#many = undefined;
  }

  /** A copy: safe to change the map while walking over it. */
  keys(): readonly K[] {
    if (this.#many !== undefined) return Array.from(this.#many.keys());
    return this.#only === undefined ? [] : [this.#only.key];
  }

  /** A copy as well. */
  values(): readonly V[] {
    if (this.#many !== undefined) return Array.from(this.#many.values());
    return this.#only === undefined ? [] : [this.#only.value];
  }
}
