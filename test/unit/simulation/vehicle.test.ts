import { describe, expect, it } from 'vitest';
import { Prng } from '../../../simulation/prng.ts';
import type { PhaseMilliamps } from '../../../simulation/three-phase.ts';
import { SimulatedVehicle, type VehicleOptions } from '../../../simulation/vehicle.ts';

function aVehicle(options: Partial<VehicleOptions> = {}): SimulatedVehicle {
  return new SimulatedVehicle({
    phases: 3,
    maxMilliamps: 16_000,
    energyWantedWh: 50_000,
    random: new Prng(1),
    ...options,
  });
}

/** Steps from one instant to another in steps of 100 ms and gives the current at each. */
function drive(
  vehicle: SimulatedVehicle,
  fromMs: number,
  toMs: number,
): { atMs: number; draw: PhaseMilliamps }[] {
  const trace: { atMs: number; draw: PhaseMilliamps }[] = [];
  for (let atMs = fromMs; atMs <= toMs; atMs += 100) trace.push({ atMs, draw: vehicle.drawMilliamps(atMs) });
  return trace;
}

describe('vehicle', () => {
  it('begins to draw 2 to 4 s after the offer, at 6 A, and then climbs by 3 A a second', () => {
    const vehicle = aVehicle();
    vehicle.offer(16_000);
    const trace = drive(vehicle, 0, 10_000);
    const first = trace.find(({ draw }) => draw[0] > 0)!;
    expect(first.atMs).toBeGreaterThanOrEqual(2_000);
    expect(first.atMs).toBeLessThanOrEqual(4_000);
    expect(first.draw[0]).toBe(6_000);
    expect(trace.find(({ atMs }) => atMs === first.atMs + 1_000)!.draw).toEqual([9_000, 9_000, 9_000]);
    expect(trace.at(-1)!.draw).toEqual([16_000, 16_000, 16_000]);
  });

  it('obeys a lower offer within 1 to 2 s and never rises on the way', () => {
    const vehicle = aVehicle();
    vehicle.offer(16_000);
    drive(vehicle, 0, 10_000);
    vehicle.offer(8_000);
    const trace = drive(vehicle, 10_100, 13_000);
    const lowered = trace.find(({ draw }) => draw[0] < 16_000)!;
    expect(lowered.atMs - 10_100).toBeGreaterThanOrEqual(1_000);
    expect(lowered.atMs - 10_100).toBeLessThanOrEqual(2_100);
    expect(lowered.draw[0]).toBe(8_000);
    expect(Math.max(...trace.map(({ draw }) => draw[0]))).toBe(16_000);
  });

  it('stops within 2 s when less than 6 A is offered', () => {
    const vehicle = aVehicle();
    vehicle.offer(16_000);
    drive(vehicle, 0, 10_000);
    vehicle.offer(5_900);
    expect(drive(vehicle, 10_100, 12_300).at(-1)!.draw).toEqual([0, 0, 0]);
  });

  it('never draws more than its own maximum, and on L1 alone when it has one phase', () => {
    const vehicle = aVehicle({ phases: 1, maxMilliamps: 10_000 });
    vehicle.offer(32_000);
    expect(drive(vehicle, 0, 20_000).at(-1)!.draw).toEqual([10_000, 0, 0]);
  });

  it('stops when the energy it wants is in', () => {
    const vehicle = aVehicle({ energyWantedWh: 10 });
    vehicle.offer(16_000);
    const trace = drive(vehicle, 0, 30_000);
    expect(vehicle.isFull).toBe(true);
    expect(vehicle.energyWh).toBeGreaterThanOrEqual(10);
    expect(trace.at(-1)!.draw).toEqual([0, 0, 0]);
  });

  it('has no current the moment the contactor opens', () => {
    const vehicle = aVehicle();
    vehicle.offer(16_000);
    drive(vehicle, 0, 10_000);
    vehicle.disconnect();
    expect(vehicle.drawMilliamps(10_100)).toEqual([0, 0, 0]);
  });

  it('reacts ten times as fast with a reaction scale of a tenth', () => {
    const vehicle = aVehicle({ reactionScale: 0.1 });
    vehicle.offer(16_000);
    expect(drive(vehicle, 0, 1_000).at(-1)!.draw[0]).toBe(16_000);
  });
});
