package device_test

import (
	"testing"
	"time"

	"sallyport/mfa/device"
	"sallyport/storage/id"
)

var (
	now   = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	alice = id.NewUser()
)

// trusted is a presented secret with nothing to say against it, but for the change.
func trusted(change func(p *device.Presented)) device.Presented {
	p := device.Presented{Device: id.NewDevice(), Owner: alice, User: alice, Minted: 4, Policy: 4, Expires: now.Add(time.Hour), Now: now}
	change(&p)
	return p
}

func used(ago time.Duration) func(p *device.Presented) {
	at := now.Add(-ago)
	return func(p *device.Presented) { p.Used = &at }
}

func TestD01D05StandingFollowsFromTheFacts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(p *device.Presented)
		want   device.Standing
	}{
		"the secret in force":            {func(*device.Presented) {}, device.Alive},
		"D05 at the last moment":         {func(p *device.Presented) { p.Expires = now.Add(1) }, device.Alive},
		"D05 expired this moment":        {func(p *device.Presented) { p.Expires = now }, device.Dead},
		"D05 expired":                    {func(p *device.Presented) { p.Expires = now.Add(-time.Hour) }, device.Dead},
		"D05 the policy changed":         {func(p *device.Presented) { p.Policy = 5 }, device.Dead},
		"D05 the policy is an older one": {func(p *device.Presented) { p.Policy = 3 }, device.Dead},
		"D01 another's device":           {func(p *device.Presented) { p.User = id.NewUser() }, device.Dead},
		"D01 nobody's device":            {func(p *device.Presented) { p.Owner, p.User = id.User{}, id.User{} }, device.Dead},
		"D01 nobody signs in":            {func(p *device.Presented) { p.User = id.User{} }, device.Dead},
		"D05 ended":                      {func(p *device.Presented) { p.Ended = true }, device.Dead},
		"no series":                      {func(p *device.Presented) { p.Device = id.Device{} }, device.None},
		"nothing at all":                 {func(p *device.Presented) { *p = device.Presented{} }, device.None},
		"a second tab at once":           {used(0), device.Racing},
		"a second tab by another clock":  {used(-time.Second), device.Racing},
		"a second tab at the last":       {used(device.Grace), device.Racing},
		"a copy":                         {used(device.Grace + 1), device.Reused},
		"a copy after days":              {used(72 * time.Hour), device.Reused},
	} {
		if got := device.Judge(trusted(c.change)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// In somebody else's sign-in, and when there is nothing left to steal, a copy ends nothing and tells nobody.
func TestD01D05DeadSeriesRaisesNoAlarm(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *device.Presented){
		"another's": func(p *device.Presented) { p.User = id.NewUser() },
		"expired":   func(p *device.Presented) { p.Expires = now },
		"ended":     func(p *device.Presented) { p.Ended = true },
		"outdated":  func(p *device.Presented) { p.Policy++ },
	} {
		p := trusted(used(time.Hour))
		change(&p)
		if got := device.Judge(p); got != device.Dead {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// All that can be against a device, in every combination: only the one with nothing against it is trusted.
func TestD05OneReasonIsEnough(t *testing.T) {
	t.Parallel()
	reasons := []func(p *device.Presented){
		func(p *device.Presented) { p.Device = id.Device{} },
		func(p *device.Presented) { p.Ended = true },
		func(p *device.Presented) { p.User = id.NewUser() },
		func(p *device.Presented) { p.Policy++ },
		func(p *device.Presented) { p.Expires = now },
		used(time.Second),
		used(time.Hour),
	}
	for set := range 1 << len(reasons) {
		p := trusted(func(*device.Presented) {})
		for i, apply := range reasons {
			if set&(1<<i) != 0 {
				apply(&p)
			}
		}
		if got := device.Judge(p); (got == device.Alive) != (set == 0) {
			t.Errorf("reasons %07b: %v", set, got)
		}
	}
}
