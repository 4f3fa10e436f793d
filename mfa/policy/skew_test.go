package policy_test

import (
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

func TestProofOfAnInstanceWhoseClockIsAheadCounts(t *testing.T) {
	t.Parallel()
	p, now := policy.Default(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for ahead, want := range map[time.Duration]bool{0: true, time.Second: true, 30 * time.Second: true, 31 * time.Second: false} {
		d := policy.Decide(policy.Facts{Now: now, Policy: &p, TenantLive: true, User: policy.User{Known: true},
			Proofs: []mfa.Proof{{Kind: mfa.Password, At: now.Add(ahead)}}})
		if d.Satisfied() != want {
			t.Errorf("a password proven %v ahead of us: satisfied %v, want %v", ahead, d.Satisfied(), want)
		}
	}
}
