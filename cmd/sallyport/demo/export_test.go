package demo

import (
	"context"
	"time"

	"sallyport/cmd/sallyport/instance"
)

// Quoted makes one word of it for a shell.
var Quoted = quoted

// Remembered is what one run hands to the next.
type Remembered = state

// NewState is that of a demo without a past.
var NewState = remember

// Seed does what a run with those ports does before it serves.
func Seed(ctx context.Context, i *instance.Instance, base int, s *Remembered, now time.Time) error {
	d := &demo{Options: Options{PortBase: base, Now: func() time.Time { return now }}, state: *s, instance: i}
	d.keep = func(kept state) error { *s = kept; return nil }
	return d.seed(ctx)
}
