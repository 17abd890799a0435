import { registerHooks } from 'node:module';

// For the tests of the checker alone. Production code knows nothing of this: no variable, no flag leads here.

const mains = {
  api: 'services/api/src/main.ts',
  gateway: 'services/gateway/src/main.ts',
  projector: 'services/projector/src/main.ts',
  bridge: 'services/redis-bridge/src/main.ts',
} as const;

const repository = new URL('../../../../', import.meta.url);

/**
 * Starts a service as it is, with other modules in the places of some packages. Such a module may import the package that it stands for.
 *
 * @param replacements by the name under which the service imports the package
 */
export const startBroken = async (
  service: keyof typeof mains,
  replacements: Readonly<Record<string, URL>>,
): Promise<void> => {
  registerHooks({
    resolve: (specifier, context, next) => {
      const replacement = Object.hasOwn(replacements, specifier) ? replacements[specifier] : undefined;
      if (replacement === undefined || context.parentURL === replacement.href) return next(specifier, context);
      return { url: replacement.href, shortCircuit: true };
    },
  });
  await import(new URL(mains[service], repository).href);
};
