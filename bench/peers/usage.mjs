/** Preloaded into each measured server: reports its CPU and memory on request, and exits with the bench. */
process.on('disconnect', () => process.exit());
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, rss: process.memoryUsage.rss() });
});
