import { type Chat, startChat } from './chat.ts';
import type { Plan } from './plan.ts';
import { openStage, type Stage } from './replay/stage.ts';

/** What measures take place on; each is started when the first measure asks for it. */
export type Bench = {
  chat(): Promise<Chat>;
  stage(): Promise<Stage>;
  /** Stops what was started. */
  stop(): Promise<void>;
};

export const openBench = (plan: Plan): Bench => {
  let chat: Promise<Chat> | undefined;
  let stage: Promise<Stage> | undefined;
  const stop = async (): Promise<void> => {
    // what didn't come up has told so whoever asked for it
    const started = await Promise.allSettled([chat, stage]);
    for (const one of started) if (one.status === 'fulfilled') await one.value?.stop();
  };
  return {
    chat: () => {
      if (chat === undefined) plan.progress('starting a system of its own');
      chat ??= startChat(plan.users);
      return chat;
    },
    stage: () => {
      if (stage === undefined) plan.progress('starting a log and a database of their own');
      stage ??= openStage();
      return stage;
    },
    stop,
  };
};
