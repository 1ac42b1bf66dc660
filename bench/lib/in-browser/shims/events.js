/** Node's EventEmitter for a worker, as much of it as the reference client and its streams use. */

// A function, since packages of that time call it on their own objects.
export function EventEmitter() {}

const methods = {
	on(name, listener) {
		this._events ??= {};
		(this._events[name] ??= []).push(listener);
		return this;
	},
	prependListener(name, listener) {
		this.on(name, listener);
		this._events[name].unshift(this._events[name].pop());
		return this;
	},
	once(name, listener) {
		const once = (...values) => {
			this.removeListener(name, once);
			listener.apply(this, values);
		};
		once.listener = listener;
		return this.on(name, once);
	},
	emit(name, ...values) {
		const listeners = this._events?.[name] ?? [];
		if (listeners.length === 0 && name === 'error') throw values[0];
		for (const listener of listeners.slice()) listener.apply(this, values);
		return listeners.length > 0;
	},
	removeListener(name, listener) {
		const listeners = this._events?.[name] ?? [];
		const at = listeners.findIndex((known) => known === listener || known.listener === listener);
		if (at >= 0) listeners.splice(at, 1);
		return this;
	},
	removeAllListeners(name) {
		if (this._events !== undefined && name !== undefined) delete this._events[name];
		else this._events = {};
		return this;
	},
	listeners(name) {
		return (this._events?.[name] ?? []).slice();
	},
	listenerCount(name) {
		return this._events?.[name]?.length ?? 0;
	},
	setMaxListeners() {
		return this;
	}
};
Object.assign(EventEmitter.prototype, methods, { addListener: methods.on, off: methods.removeListener });
EventEmitter.EventEmitter = EventEmitter;

export default EventEmitter;
