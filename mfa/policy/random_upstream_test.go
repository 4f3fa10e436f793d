package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// exemptions draws stands on the connections, with evidence in any order.
func (r draw) exemptions() []policy.Exemption {
	var out []policy.Exemption
	for _, c := range some(r, entra, google, okta, left) {
		e := policy.Exemption{Connection: c, Mode: one(r, policy.Skip, policy.ByEvidence, policy.ByEvidence, policy.Local), Accept: one(r, mfa.Grades()[1:]...),
			Evidence: some(r, graded...), MailApart: r.rarely()}
		if r.rarely() {
			e.Evidence = append(e.Evidence, policy.Evidence{ACR: []string{"gold", "1"}, Without: []string{"fed"}, Grade: mfa.GradeStrong, Level: "aal2"})
		}
		out = append(out, e)
	}
	return out
}

// upstream draws a sign-in upstream, honest or not.
func (r draw) upstream(ago time.Duration) mfa.Proof {
	u := mfa.Upstream{AMR: strings.Join(some(r, "pwd", "mfa", "fed", "multipleauthn"), " "), ACR: one(r, "", "gold", "silver"),
		ACRS: one(r, "", "c1", "c2 c1"), Reauth: r.rarely(), Asked: r.rarely(), Grade: one(r, "", mfa.GradeStrong), Level: one(r, mfa.None, mfa.PhishingResistant)}
	if r.often() {
		u.Time = now.Add(-ago - one(r, 0, fresh, stale, old, future, -10*time.Second))
	}
	return upstream(one(r, entra, entra, google, okta, left), ago, u)
}

// Without stands for what must not be said, so it is left out; and evidence that is listed best first is what people write.
func TestWorseEvidenceNeverGivesMore(t *testing.T) {
	each(t, 9, func(r draw, f policy.Facts, _ policy.Decision) {
		p := *f.Policy
		p.Exemptions = []policy.Exemption{{Connection: entra, Mode: one(r, policy.ByEvidence, policy.Skip), Accept: one(r, mfa.Grades()[1:]...), Evidence: graded}}
		f.Policy, f.User.Identities, f.Session = &p, identities, nil
		better := upstream(entra, fresh, mfa.Upstream{AMR: "pwd mfa", ACRS: one(r, "", "c1"), Time: now.Add(-one(r, fresh, stale))})
		worse := better
		one(r, func() { worse.Upstream.AMR = "pwd" }, func() { worse.Upstream.ACRS = "" }, func() { worse.Upstream.Time = time.Time{} },
			func() { worse.Upstream.Time = now.Add(-old) }, func() { worse.Upstream.Time = now.Add(old) }, func() { worse.Upstream.AMR = "pwd multipleauthn" })()
		g := f
		f.Proofs, g.Proofs = append(slices.Clone(f.Proofs), better), append(slices.Clone(f.Proofs), worse)
		d, less := policy.Decide(f), policy.Decide(g)
		// A voluntary level falls away with what could have met it: the sign-in itself, where it is too old.
		voluntary := f.Demand.Level > mfa.None && !f.Demand.Essential
		if !voluntary && less.Satisfied() && !d.Satisfied() || less.Reached > d.Reached {
			t.Fatalf("%+v gives more:%s\nthan%s", worse, story(g, less), story(f, d))
		}
	})
}

// A stricter stand lets nobody in whom a milder one kept out.
func TestStricterStandOnlyRaises(t *testing.T) {
	each(t, 10, func(r draw, f policy.Facts, d policy.Decision) {
		if len(f.Policy.Exemptions) == 0 || f.Demand.Level > mfa.None && !f.Demand.Essential {
			return
		}
		p := *f.Policy
		p.Exemptions = slices.Clone(p.Exemptions)
		i := r.IntN(len(p.Exemptions))
		if e := &p.Exemptions[i]; e.Mode == policy.ByEvidence && r.often() {
			e.Accept = mfa.GradeStrong
		} else {
			e.Mode = policy.Local
		}
		if p.Validate() != nil {
			return
		}
		g := f
		g.Policy = &p
		if stricter := policy.Decide(g); stricter.Satisfied() && !d.Satisfied() || stricter.Reached > d.Reached {
			t.Fatalf("stricter, and easier:%s\nthan%s", story(g, stricter), story(f, d))
		}
	})
}

func TestG06LinkThatIsGoneTakesItsSignInAlong(t *testing.T) {
	each(t, 11, func(_ draw, f policy.Facts, d policy.Decision) {
		g := f
		g.User.Identities = nil
		without := policy.Decide(g)
		f.Proofs = slices.DeleteFunc(slices.Clone(f.Proofs), func(q mfa.Proof) bool { return q.Kind == mfa.Federated && !q.Upstream.Asked })
		if slices.ContainsFunc(without.Counted, func(q mfa.Proof) bool { return q.Kind == mfa.Federated }) || without.Exempt != "" || !without.Upstream.IsZero() {
			t.Fatal(story(g, without))
		}
		if voluntary := f.Demand.Level > mfa.None && !f.Demand.Essential; without.Satisfied() && !d.Satisfied() && !voluntary {
			t.Fatalf("who was unlinked gets in%s%s", story(g, without), story(f, d))
		}
	})
}
