import { openReadModel as openSound, type ReadModel, type ReadModelOptions } from '@kuraxx/read-model';

export * from '@kuraxx/read-model';

/** One batch in so many is not applied: as if the process had died between the checkpoint and the rows. */
const lostOneIn = 5;

/** A read model whose rows and checkpoint are not stored in one transaction. */
export const openReadModel = async (options: ReadModelOptions): Promise<ReadModel> => {
  const readModel = await openSound(options);
  let batches = 0;
  return {
    ...readModel,
    projectionInto: (schema) => {
      const projection = readModel.projectionInto(schema);
      return {
        ...projection,
        apply: (partition, epoch, events, upTo, after) => {
          const isLost = ++batches % lostOneIn === 0 && partition !== 'accounts';
          return projection.apply(partition, epoch, isLost ? [] : events, upTo, after);
        },
      };
    },
  };
};
