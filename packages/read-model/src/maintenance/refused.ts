/** It is not allowed as things stand; the message is for people and says why. Nothing was changed. */
export class MaintenanceRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MaintenanceRefused';
  }
}
