package policy_test

import (
	"reflect"
	"slices"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

func TestNobodyElseIsEverSatisfied(t *testing.T) {
	t.Parallel()
	spoil := map[policy.Why]func(*policy.Facts){
		policy.WhyTenant:       func(f *policy.Facts) { f.TenantLive = false },
		policy.WhyPolicy:       func(f *policy.Facts) { f.Policy = nil },
		policy.WhyFirstMissing: func(f *policy.Facts) { f.User.Known = false },
		policy.WhyUser:         func(f *policy.Facts) { f.User.Disabled = true },
		policy.WhyService:      func(f *policy.Facts) { f.User.Service = true },
	}
	for why, spoil := range spoil {
		for _, p := range space() {
			if p[axisCodes] > 0 {
				continue // nobody gets as far as to be offered one
			}
			f := p.facts()
			valid := f.Policy.Validate() == nil
			// A disabled person is told so only after the password (J01).
			want := (why != policy.WhyUser && why != policy.WhyService) || anyProof(standing(f), first)
			spoil(&f)
			d := policy.Decide(f)
			if d.Satisfied() || d.Rule == "" || d.Why == "" || d.Second != policy.SecondNone || d.MayTrust || d.Skip != nil || d.Trusts {
				t.Fatalf("%s: %+v\n%v", why, d, p)
			}
			if valid && want && d.Why != why {
				t.Fatalf("%s: %s\n%v", why, d.Why, p)
			}
		}
	}
}

func TestPolicyThatContradictsItselfRefuses(t *testing.T) {
	t.Parallel()
	for _, p := range space() {
		if p[axisCodes] > 0 {
			continue
		}
		f := p.facts()
		if f.Policy.Validate() == nil {
			f.Policy.Session = 0
		}
		if d := policy.Decide(f); !d.Refused || d.Why != policy.WhyPolicy {
			t.Fatalf("%+v\n%v", d, p)
		}
	}
}

func TestDecideIsDeterministicAndLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	for _, p := range space() {
		f := p.facts()
		before := p.facts()
		once := policy.Decide(f)
		if !reflect.DeepEqual(once, policy.Decide(f)) {
			t.Fatalf("two answers: %v", p)
		}
		behind := f.Proofs[:cap(f.Proofs)][len(f.Proofs):]
		if !slices.Equal(f.Proofs, before.Proofs) || behind[0] != (mfa.Proof{}) || !slices.Equal(f.User.Factors, before.User.Factors) {
			t.Fatalf("the input changed: %v", p)
		}
	}
}
