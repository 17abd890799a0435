import { type Fault, planFaults } from './faults.ts';
import { createRandom } from './random.ts';
import type { Shape } from './shape.ts';
import { type DeviceStep, planDevice, planSteps, type Step } from './steps.ts';

export type DevicePlan = {
  readonly user: number;
  /** The gateway that it begins with. */
  readonly gateway: number;
  /** Comes back with one `resume` frame for all rooms; else with a `room:join` for each. */
  readonly batch: boolean;
  readonly steps: readonly DeviceStep[];
};

/** Everything that will be tried, before anything has been: the same options give the same plan. */
export type Plan = {
  readonly seed: number;
  readonly shape: Shape;
  readonly durationMs: number;
  /** By user. */
  readonly steps: readonly (readonly Step[])[];
  readonly devices: readonly DevicePlan[];
  readonly faults: readonly Fault[];
};

export type PlanOptions = {
  readonly seed: number;
  readonly shape: Shape;
  readonly durationMs: number;
  /** Default: all. */
  readonly faultKinds?: readonly Fault['kind'][];
  /** Instead of drawn ones. */
  readonly faults?: readonly Fault[];
};

/** Before the first fault everything has to go well; so long at most, and a tenth of the time. */
const maxCalmMs = 8000;

export const createPlan = ({ seed, shape, durationMs, faultKinds, faults }: PlanOptions): Plan => {
  const random = createRandom(seed);
  const calmMs = Math.min(maxCalmMs, durationMs / 10);
  return {
    seed,
    shape,
    durationMs,
    steps: Array.from({ length: shape.users }, (_, user) =>
      planSteps(random.fork(`user ${user}`), shape, user, durationMs),
    ),
    devices: Array.from({ length: shape.devices }, (_, index) => {
      const own = random.fork(`device ${index}`);
      return {
        user: index % shape.users,
        gateway: index % shape.gateway,
        batch: own.chance(0.5),
        steps: planDevice(own, shape, durationMs),
      };
    }),
    faults: faults ?? planFaults(random.fork('faults'), shape, Math.round(calmMs), durationMs, faultKinds),
  };
};
export type { DeviceStep, Step, Try } from './steps.ts';
