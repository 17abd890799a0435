export { type Inspected, inspect } from './check/inspect.ts';
export { requireExactly } from './exactly.ts';
export { createFirebaseStore, type FirebaseStoreOptions } from './firebase/firebase-store.ts';
export { type DiskRoutesNeeds, diskRoutes } from './local/disk-routes.ts';
export { createDiskStore, type DiskStore, type DiskStoreOptions } from './local/disk-store.ts';
export type { GetGrant, PutGrant, StorageUrls } from './local/storage-url.ts';
export { type ByteRange, keysOf, type ObjectStore } from './object-store.ts';
export { createSpool, type Spool, type SpoolFile } from './spool.ts';
