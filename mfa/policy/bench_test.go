package policy_test

import (
	"testing"

	"sallyport/mfa/policy"
)

func BenchmarkDecide(b *testing.B) {
	for name, f := range map[string]policy.Facts{
		"password and code": person(policy.Required, true, showing(password(fresh), code(fresh, phone))),
		"single sign-on":    person(policy.Required, true, within(both)),
		"password alone":    person(policy.Required, true, showing(password(fresh)), codes(3, 1)),
		"upstream, proven":  person(policy.Required, true, exempting, showing(upstream(entra, fresh, proved(fresh)))),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				policy.Decide(f)
			}
		})
	}
}
