/** Loaded into each server that is measured: tells what it has used, when asked, and ends with the bench. */
process.on('disconnect', () => process.exit());
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() });
});
