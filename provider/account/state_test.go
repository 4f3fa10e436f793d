package account_test

import (
	"context"
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
)

func TestStateOfTheSecondFactorFollowsThePolicy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		mode   policy.Mode
		factor bool
		want   string
	}{
		{"optional", policy.Optional, false, "Optional. We recommend it."},
		{"chosen", policy.Optional, true, "On: you are asked for it when you sign in."},
		{"required", policy.Required, true, "Required by your organisation."},
		{"off", policy.Off, false, "Your organisation has turned two-step sign-in off."},
		{"kept R5", policy.Off, true, "you are still asked for what you have set up"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			kari := w.person(w.tenant("acme", func(p *policy.Policy) { p.SecondFactor = c.mode }), "kari@acme.example", "user")
			if c.factor {
				kari.enrol("Phone")
			}
			wantText(t, kari.signIn(firefox, "").get("/account"), c.want)
		})
	}
}

func TestStateSaysRequiredAsSoonAsThePolicyDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	b := w.person(acme, "kari@acme.example", "user").signIn(firefox, "")
	p := policy.Default()
	p.Version, p.SecondFactor = 1, policy.Required
	w.must(tenant.SetPolicy(context.Background(), w.store, acme, p, audit.Operator, nil, audit.Origin{}, w.clock.Now()))
	wantText(t, b.get("/account"), "Required by your organisation.")
}
