/** Loaded into a process that is measured: says how much processor time it has used whenever it is asked. */
process.on('message', (message) => {
	if (message === 'usage') process.send?.(process.cpuUsage());
});
// Being asked is no reason to stay.
process.channel?.unref();
