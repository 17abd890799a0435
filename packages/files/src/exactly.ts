import { Refusal } from '@kuraxx/domain';

/** @throws {Refusal} VALIDATION_ERROR when an upload is not as long as was announced */
export const requireExactly = (size: number, announced: number): void => {
  if (size !== announced) throw new Refusal('VALIDATION_ERROR', 'The file has another size than announced');
};
