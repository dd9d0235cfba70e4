import type { ChargingSchedule, ChargingSchedulePeriod } from '../../charging-profile-types.ts';
import { instant, optionalInstant } from '../instants.ts';
import { fields, refusal, refuse16, refuse201, sendOne, statusInfo, type Translation } from '../outcome.ts';
import { periodOf, roundedPeriodOf } from './charging-profile.ts';

/** GetCompositeSchedule. The unit stays the one that the charger answers in. */

interface Schedule201 {
  evseId: number;
  duration: number;
  scheduleStart: string;
  chargingRateUnit: string;
  chargingSchedulePeriod: ChargingSchedulePeriod[];
}

export const compositeTo201: Translation = (payload) => {
  const { connectorId, duration, chargingRateUnit } = payload as {
    connectorId: number;
    duration: number;
    chargingRateUnit?: string;
  };
  if (connectorId < 0) return refuse16('Rejected', refusal('UnknownEvse', 'no connector is below 0'));
  return sendOne(
    {
      action: 'GetCompositeSchedule',
      payload: fields({ evseId: connectorId, duration, chargingRateUnit }),
    },
    [],
    (answer) => {
      const schedule = answer.schedule as Schedule201 | undefined;
      if (answer.status !== 'Accepted') return { status: 'Rejected' };
      if (schedule === undefined) return { status: 'Accepted', connectorId };
      const start = optionalInstant(schedule.scheduleStart);
      return fields({
        status: 'Accepted',
        connectorId: schedule.evseId,
        scheduleStart: start,
        chargingSchedule: fields({
          duration: schedule.duration,
          startSchedule: start,
          chargingRateUnit: schedule.chargingRateUnit,
          chargingSchedulePeriod: schedule.chargingSchedulePeriod.map(roundedPeriodOf),
        }),
      });
    },
  );
};

interface Composite16 {
  status: string;
  connectorId?: number;
  scheduleStart?: string;
  chargingSchedule?: ChargingSchedule;
}

export const compositeTo16: Translation = (payload) => {
  const { evseId, duration, chargingRateUnit } = payload as {
    evseId: number;
    duration: number;
    chargingRateUnit?: string;
  };
  if (evseId < 0) return refuse201('Rejected', refusal('UnknownEvse', 'no EVSE is below 0'));
  return sendOne(
    {
      action: 'GetCompositeSchedule',
      payload: fields({ connectorId: evseId, duration, chargingRateUnit }),
    },
    [],
    (answer) => {
      const { status, connectorId, scheduleStart, chargingSchedule } = answer as unknown as Composite16;
      if (status !== 'Accepted') return { status: 'Rejected' };
      if (chargingSchedule === undefined || chargingSchedule.chargingSchedulePeriod.length === 0)
        return { status: 'Accepted' };
      // The periods count from this moment; a made-up one would move every limit.
      const start = instant(scheduleStart) ?? instant(chargingSchedule.startSchedule);
      if (start === null)
        return {
          status: 'Rejected',
          statusInfo: statusInfo('InvalidSchedule', 'the charger did not say when its schedule starts'),
        };
      return {
        status: 'Accepted',
        schedule: {
          evseId: connectorId ?? evseId,
          // 1.6 may leave it out; the schedule was asked for this long.
          duration: chargingSchedule.duration ?? duration,
          scheduleStart: start,
          chargingRateUnit: chargingSchedule.chargingRateUnit,
          chargingSchedulePeriod: chargingSchedule.chargingSchedulePeriod.map(periodOf),
        },
      };
    },
  );
};
