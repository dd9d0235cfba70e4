/** What 2.0.1 says of the end of a transaction: why it was stopped, and what triggered the message. */
interface Stop201 {
  /** Undefined where 1.6 gives no reason: in both versions that means Local. */
  stoppedReason?: string;
  triggerReason: string;
}

const TO_201: ReadonlyMap<string, Stop201> = new Map([
  ['DeAuthorized', { stoppedReason: 'DeAuthorized', triggerReason: 'Deauthorized' }],
  ['EVDisconnected', { stoppedReason: 'EVDisconnected', triggerReason: 'EVCommunicationLost' }],
  ['EmergencyStop', { stoppedReason: 'EmergencyStop', triggerReason: 'AbnormalCondition' }],
  ['HardReset', { stoppedReason: 'ImmediateReset', triggerReason: 'ResetCommand' }],
  ['Local', { stoppedReason: 'Local', triggerReason: 'StopAuthorized' }],
  ['Other', { stoppedReason: 'Other', triggerReason: 'AbnormalCondition' }],
  ['PowerLoss', { stoppedReason: 'PowerLoss', triggerReason: 'AbnormalCondition' }],
  ['Reboot', { stoppedReason: 'Reboot', triggerReason: 'AbnormalCondition' }],
  ['Remote', { stoppedReason: 'Remote', triggerReason: 'RemoteStop' }],
  ['SoftReset', { stoppedReason: 'ImmediateReset', triggerReason: 'ResetCommand' }],
  // 2.0.1 has no such reason, as unlocking ends no transaction there; the trigger tells.
  ['UnlockCommand', { stoppedReason: 'Other', triggerReason: 'UnlockCommand' }],
]);

export function stopTo201(reason: string | undefined): Stop201 {
  const stop = reason === undefined ? undefined : TO_201.get(reason);
  return stop ?? { triggerReason: 'StopAuthorized' };
}

const TO_16: ReadonlyMap<string, string> = new Map([
  ...[
    'DeAuthorized',
    'EVDisconnected',
    'EmergencyStop',
    'Local',
    'Other',
    'PowerLoss',
    'Reboot',
    'Remote',
  ].map((word) => [word, word] as const),
  ['ImmediateReset', 'HardReset'],
  ['MasterPass', 'Local'],
]);

/** The 1.6 reason; undefined when 2.0.1 gives none. Reasons that 1.6 does not know are Other. */
export function reasonTo16(stoppedReason: string | undefined, triggerReason: string): string | undefined {
  if (triggerReason === 'UnlockCommand' && (stoppedReason ?? 'Other') === 'Other') return 'UnlockCommand';
  return stoppedReason === undefined ? undefined : (TO_16.get(stoppedReason) ?? 'Other');
}
