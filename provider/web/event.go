package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// Event is the one structured record of a request; it is safe for concurrent use.
type Event struct {
	mu        sync.Mutex
	id        string
	start     time.Time
	response  *recorder
	route     Route
	locales   string
	attrs     []slog.Attr
	err       error
	stack     []byte
	truncated bool
}

type eventKey struct{}

func withEvent(ctx context.Context, ev *Event) context.Context {
	return context.WithValue(ctx, eventKey{}, ev)
}

// EventFrom returns the request's event, or one that goes nowhere when the context has none.
func EventFrom(ctx context.Context) *Event {
	if ev, ok := ctx.Value(eventKey{}).(*Event); ok {
		return ev
	}
	return &Event{}
}

// Set adds a fact to the event, replacing an earlier one of that key; tenant, user and client are the usual
// ones. Secrets never go in.
func (ev *Event) Set(key string, value any) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	for i := range ev.attrs {
		if ev.attrs[i].Key == key {
			ev.attrs[i].Value = slog.AnyValue(value)
			return
		}
	}
	ev.attrs = append(ev.attrs, slog.Any(key, value))
}

// RequestID returns the id shown to people and written to the log, 32 hexadecimal digits; "" outside a request.
func RequestID(ctx context.Context) string { return EventFrom(ctx).id }

func (ev *Event) enter(rt Route) { ev.route = rt }

func (ev *Event) failed(err error) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	if ev.err != nil {
		// Answering an error can fail too, as when its page is broken.
		err = fmt.Errorf("%w; then %w", ev.err, err)
	}
	ev.err = err
}

func (ev *Event) started() bool { return ev.response != nil && ev.response.status != 0 }

// report writes the line. The pattern of the route stands for the path, which may carry a code or a token;
// the query is never written.
func (e *Edge) report(r *http.Request, ev *Event) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	attrs := []slog.Attr{
		slog.String("method", printable(r.Method)), slog.String("route", ev.route.Path),
		slog.Int("status", ev.response.code()), slog.Int64("bytes", ev.response.bytes),
		slog.Duration("duration", e.now().Sub(ev.start)), slog.String("request_id", ev.id),
		slog.String("client_addr", address(e.ClientAddr(r))),
	}
	for _, a := range ev.attrs {
		attrs = append(attrs, slog.Attr{Key: a.Key, Value: flat(a.Value)})
	}
	if ev.err != nil {
		attrs = append(attrs, slog.String("error", printable(ev.err.Error())))
	}
	if ev.stack != nil {
		attrs = append(attrs, slog.String("stack", string(ev.stack)))
	}
	e.log.LogAttrs(r.Context(), ev.level(), "request", attrs...)
}

// level: an error behind an answer that looked good is a failure too, as after a panic half-way.
func (ev *Event) level() slog.Level {
	switch {
	case ev.response.code() >= http.StatusInternalServerError, ev.err != nil && ev.response.code() < http.StatusBadRequest:
		return slog.LevelError
	case ev.route.Quiet:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// flat makes text of whatever could write its own line breaks.
func flat(v slog.Value) slog.Value {
	v = v.Resolve()
	switch v.Kind() {
	case slog.KindString, slog.KindAny, slog.KindGroup:
		return slog.StringValue(printable(v.String()))
	}
	return v
}

// printable bounds a text and leaves no character in it that could forge a line or hide a part of one.
func printable(s string) string {
	const limit = 1024
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, s)
}
