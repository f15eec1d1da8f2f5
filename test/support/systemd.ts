/** A parsed unit file: sections with a list of values per key. */
export type Unit = Record<string, Record<string, string[]>>;

/**
 * Directives of these sections, as far as a service needs them.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.directives.html
 */
const KNOWN: Record<string, RegExp> = {
  Unit: /^(Description|Documentation|Wants|Requires|After|Before|StartLimitIntervalSec|StartLimitBurst)$/,
  Service: new RegExp(
    `^(${[
      'Type|User|Group|DynamicUser|WorkingDirectory|Environment|EnvironmentFile|UMask',
      'ExecStartPre|ExecStart|ExecStartPost|ExecReload|ExecStop|ExecStopPost',
      'Restart|RestartSec|TimeoutStartSec|TimeoutStopSec|TimeoutSec|KillMode|KillSignal',
      'StandardOutput|StandardError|SyslogIdentifier|LimitNOFILE|OOMPolicy|MemoryMax|MemoryHigh',
      '(State|Cache|Logs|Runtime|Configuration)Directory(Mode)?|RuntimeDirectoryPreserve',
      'NoNewPrivileges|CapabilityBoundingSet|AmbientCapabilities|LockPersonality|RemoveIPC',
      'Protect(System|Home|Clock|ControlGroups|Hostname|KernelLogs|KernelModules|KernelTunables|Proc)',
      'ProcSubset|Private(Tmp|Devices|Mounts|Users)|ReadWritePaths|ReadOnlyPaths|InaccessiblePaths',
      'Restrict(AddressFamilies|Namespaces|Realtime|SUIDSGID)|MemoryDenyWriteExecute',
      'SystemCall(Architectures|Filter|ErrorNumber)|DeviceAllow|DevicePolicy|Nice',
    ].join('|')})$`,
  ),
  Install: /^(WantedBy|RequiredBy|Alias)$/,
};

/** @throws for an invalid line, and for sections and keys that systemd would ignore with a warning */
export function readUnit(text: string): Unit {
  const unit: Unit = {};
  let section = '';
  for (const line of text.split('\n')) {
    if (line.trim() === '' || /^[#;]/.test(line)) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header) {
      if (!KNOWN[header]) throw new Error(`systemd has no section ${header} for a service.`);
      section = header;
      continue;
    }
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (!KNOWN[section]?.test(key)) throw new Error(`systemd has no ${line} in [${section}].`);
    const values = unit[section] ?? {};
    unit[section] = values;
    values[key] = [...(values[key] ?? []), value];
  }
  return unit;
}
