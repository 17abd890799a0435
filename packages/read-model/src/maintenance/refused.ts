/** It is not allowed as things stand; the message is for people and says why. Nothing was changed. */
export class MaintenanceRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MaintenanceRefused';
  }
}

/** What serves was built from another log, or from events that this one has lost (a restored backup). */
export class NothingToCompare extends MaintenanceRefused {
  constructor(message: string) {
    super(message);
    this.name = 'NothingToCompare';
  }
}
