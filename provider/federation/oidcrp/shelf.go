package oidcrp

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"sallyport/provider/outbound"
)

const (
	shortest   = 5 * time.Minute
	usual      = time.Hour
	longest    = 24 * time.Hour
	stale      = 24 * time.Hour
	retry      = time.Minute
	maxEntries = 1024
)

// shelf remembers documents. What is on it is served without a word to the provider; what is out of date is fetched anew, and
// served for a day longer when that fails, for an outage elsewhere should not be ours.
type shelf[T any] struct {
	out     *outbound.Client
	now     func() time.Time
	flights singleflight.Group
	mu      sync.Mutex
	entries map[string]*entry[T]
}

type entry[T any] struct {
	value                T
	expires, tried, used time.Time
}

func newShelf[T any](out *outbound.Client, now func() time.Time) *shelf[T] {
	return &shelf[T]{out: out, now: now, entries: map[string]*entry[T]{}}
}

// get returns the document called name, fetched from address and read by read when there is none that will do.
func (s *shelf[T]) get(ctx context.Context, name, address string, read func([]byte) (T, error)) (T, error) {
	if v, ok := s.look(name, false); ok {
		return v, nil
	}
	return s.fetch(ctx, name, address, read, false)
}

// again is get for somebody who missed something in the document. Anybody can make up what to miss, so it goes out once a minute.
func (s *shelf[T]) again(ctx context.Context, name, address string, read func([]byte) (T, error)) (T, error) {
	if v, ok := s.look(name, true); ok {
		return v, nil
	}
	return s.fetch(ctx, name, address, read, true)
}

// look returns what may be served as it is: for somebody who missed something only what was just fetched.
func (s *shelf[T]) look(name string, missed bool) (v T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, now := s.entries[name], s.now()
	if e == nil {
		return v, false
	}
	e.used = now
	justTried := now.Sub(e.tried) < retry
	if now.Before(e.expires) && !missed || justTried && now.Before(e.expires.Add(stale)) {
		return e.value, true
	}
	return v, false
}

// fetch goes out once for all who wait. The one who came first may go away: the others still want the answer.
func (s *shelf[T]) fetch(ctx context.Context, name, address string, read func([]byte) (T, error), missed bool) (v T, err error) {
	flight := s.flights.DoChan(name, func() (any, error) {
		if v, ok := s.look(name, missed); ok {
			return v, nil
		}
		return s.refresh(context.WithoutCancel(ctx), name, address, read)
	})
	select {
	case r := <-flight:
		if r.Err != nil {
			return v, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		return v, unusable("wait for its document: %w", ctx.Err())
	}
}

func (s *shelf[T]) refresh(ctx context.Context, name, address string, read func([]byte) (T, error)) (T, error) {
	v, ttl, err := s.download(ctx, address, read)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if err == nil {
		s.put(name, &entry[T]{value: v, expires: now.Add(ttl), tried: now, used: now})
		return v, nil
	}
	if e := s.entries[name]; e != nil && now.Before(e.expires.Add(stale)) {
		e.tried = now
		return e.value, nil
	}
	return v, err
}

func (s *shelf[T]) download(ctx context.Context, address string, read func([]byte) (T, error)) (v T, ttl time.Duration, err error) {
	res, err := s.out.Get(ctx, address)
	if err != nil {
		return v, 0, unusable("fetch %s: %w", address, err)
	}
	if res.Status != http.StatusOK {
		return v, 0, unusable("fetch %s: status %d", address, res.Status)
	}
	v, err = read(res.Body)
	return v, lifetime(res.Header.Get("Cache-Control")), err
}

// put makes room by forgetting what was not used for longest; tenants decide how many providers there are.
func (s *shelf[T]) put(name string, e *entry[T]) {
	if _, ok := s.entries[name]; !ok && len(s.entries) >= maxEntries {
		var oldest string
		for n, o := range s.entries {
			if oldest == "" || o.used.Before(s.entries[oldest].used) {
				oldest = n
			}
		}
		delete(s.entries, oldest)
	}
	s.entries[name] = e
}

// lifetime reads Cache-Control (RFC 9111, 5.2.2) within our own bounds: a provider can neither have us ask all the time nor keep
// us from learning that a key is gone.
func lifetime(control string) time.Duration {
	ttl := usual
	for part := range strings.SplitSeq(strings.ToLower(control), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32)
		switch {
		case name == "no-store" || name == "no-cache":
			return shortest
		case name == "max-age" && err == nil:
			ttl = time.Duration(seconds) * time.Second
		}
	}
	return min(max(ttl, shortest), longest)
}
