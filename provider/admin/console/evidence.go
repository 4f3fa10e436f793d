package console

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
)

// chosen is what the form lets an owner say of evidence; the rest is the kind's.
type chosen struct {
	minutes  int
	contexts []string // that the owner attests
	values   []string // of acr
}

// evidenceOf is what the policy says, or the kind begins with.
func evidenceOf(k federation.Kind, e policy.Exemption) []policy.Evidence {
	if len(e.Evidence) > 0 {
		return e.Evidence
	}
	return k.Evidence()
}

// told reads out of evidence what the form shows of it.
func told(k federation.Kind, e policy.Exemption) chosen {
	var t chosen
	usual := map[string]bool{}
	for _, r := range k.Evidence() {
		usual[strings.Join(r.ACR, " ")] = true
	}
	for _, r := range evidenceOf(k, e) {
		if t.minutes == 0 {
			t.minutes = whole(r.MaxAge, minute)
		}
		if r.Grade == mfa.GradeStrong {
			t.contexts = append(t.contexts, r.ACRS...)
		}
		if !usual[strings.Join(r.ACR, " ")] {
			t.values = append(t.values, r.ACR...)
		}
	}
	t.minutes = cmp.Or(t.minutes, whole(12*hour, minute))
	slices.Sort(t.values)
	t.values = slices.Compact(t.values)
	return t
}

// evidence is what the policy shall say. What was not touched stays as it is: the command line can say more than the form.
func (t chosen) evidence(k federation.Kind, e policy.Exemption) []policy.Evidence {
	was := told(k, e)
	slices.Sort(t.values)
	if t.minutes == was.minutes && slices.Equal(t.contexts, was.contexts) && slices.Equal(t.values, was.values) {
		return evidenceOf(k, e)
	}
	var out []policy.Evidence
	if len(t.contexts) > 0 {
		out = federation.Attested(t.contexts...)
	}
	if len(t.values) > 0 {
		fresh := policy.Evidence{ACR: t.values, MaxAge: hour, Grade: mfa.GradeGood, Level: "aal2"}
		whenever := policy.Evidence{ACR: t.values, Grade: mfa.GradeMedium, Level: "aal2"}
		out = append(out, fresh, whenever)
	}
	out = append(out, k.Evidence()...)
	for i := range out {
		if out[i].MaxAge > 0 {
			out[i].MaxAge = policy.Seconds(t.minutes) * minute
		}
	}
	return out
}

// beyond reports whether more counts than before.
func (t chosen) beyond(was chosen) bool {
	more := func(is, was []string) bool {
		return slices.ContainsFunc(is, func(v string) bool { return !slices.Contains(was, v) })
	}
	return t.minutes > was.minutes || more(t.contexts, was.contexts) || more(t.values, was.values)
}

// described names evidence in the words of the stored document, which are the same in every language.
func described(rules []policy.Evidence) []string {
	var out []string
	for _, r := range rules {
		var parts []string
		for _, claim := range []struct {
			name   string
			values []string
		}{{"amr", r.AMR}, {"acr", r.ACR}, {"acrs", r.ACRS}, {"without", r.Without}} {
			if len(claim.values) > 0 {
				parts = append(parts, claim.name+": "+strings.Join(claim.values, " | "))
			}
		}
		if r.MaxAge > 0 {
			parts = append(parts, fmt.Sprintf("≤ %d min", whole(r.MaxAge, minute)))
		}
		out = append(out, strings.Join(parts, ", ")+" → "+string(r.Grade)+", "+r.Level)
	}
	return out
}
