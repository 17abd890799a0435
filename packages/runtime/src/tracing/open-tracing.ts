import type { Config } from '../config.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import type { Tracing } from './tracing.ts';

/**
 * Opens tracing where the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), else nothing: then not
 * even the library is loaded, which takes some tens of MB. Open it early: what is closed before it is still traced.
 *
 * @param service its `service.name`, after `kuraxx-`
 */
export const openTracing = async (
  service: string,
  config: Pick<Config, 'isTraced' | 'traceHeaders'>,
  life: Pick<Lifecycle, 'open'>,
  logger: Logger,
): Promise<Tracing | undefined> => {
  if (!config.isTraced) return undefined;
  const { startTracing } = await import('./open-telemetry.ts');
  const tracing = await life.open(
    'tracing',
    () => startTracing(service, config, logger),
    (started) => started.close(),
  );
  logger.info('traces are sent to the collector');
  return tracing;
};
