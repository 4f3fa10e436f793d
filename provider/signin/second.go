package signin

import (
	"errors"

	"sallyport/mfa"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/templates"
)

// showSecond shows the way used last. Where codes are sent, nothing goes out unasked while there is a choice (R9);
// the only way there is needs no question.
func (s *SignIn) showSecond(v *visit) error {
	all, named := v.ways(), v.r.URL.Query().Get("way")
	w := v.way(named)
	if !w.kind.Sent() || v.sentTo() == w {
		return s.secondPage(v, v.frame(), w, "")
	}
	if several(all) {
		return s.choosePage(v, all)
	}
	return s.send(v, w)
}

func (s *SignIn) choosePage(v *visit, all []way) error {
	ways, err := s.shown(v, all, way{})
	if err != nil {
		return err
	}
	return show(v, templates.ChooseMethod{Frame: v.frame(), Action: v.path("second-factor/choose"), Ways: ways}, "")
}

// choose takes the way that somebody picked; a code goes out by it, unless one has gone already.
func (s *SignIn) choose(v *visit) error {
	form, err := web.Form(v.r, "way")
	if err != nil {
		return err
	}
	w := v.way(form["way"])
	if w.String() != form["way"] {
		return s.redirect(v) // no choice, and no code goes out without one (R9)
	}
	if w.kind.Sent() && v.sentTo() != w {
		return s.send(v, w)
	}
	return web.SeeOther(v.w, v.r, v.path("second-factor")+"?way="+w.String())
}

func (s *SignIn) secondPage(v *visit, f templates.Frame, w way, failed string) error {
	target, err := s.target(v, w)
	if err != nil {
		return err
	}
	others, err := s.shown(v, v.ways(), w)
	if err != nil {
		return err
	}
	p := templates.SecondFactor{Frame: f, Action: v.path("second-factor"), Method: string(w.kind), Value: w.String(), Account: v.identifier(),
		Target: target, Others: others, OthersAction: v.path("second-factor/choose"), TrustDays: v.trustDays(w)}
	if w.kind.Sent() {
		p.Sent, p.ResendAction = v.sentCode("second-factor/delivery"), v.path("second-factor/send")
	}
	if w.kind == mfa.WebAuthn {
		if p.Options, p.Issued, err = s.request(v); err != nil {
			return err
		}
	}
	return show(v, p, failed)
}

// trustDays offers what the policy allows where it would spare something, and the answer can bring (gauntlet D05).
func (v *visit) trustDays(w way) int {
	if !v.d.Trusts || !w.kind.Enrolled() {
		return 0
	}
	const day = 24 * 3600
	return max(1, int(v.a.Policy.TrustedDevice/day))
}

func (s *SignIn) second(v *visit) error {
	form, err := web.Form(v.r, "code", "assertion", "issued", "way", "trust")
	if err != nil {
		return err
	}
	a := answer{way: v.way(form["way"]), issued: form["issued"], trust: form["trust"] == "on"}
	typed := form["code"]
	if a.way.kind == mfa.WebAuthn {
		typed = form["assertion"]
	}
	// Of what cannot be an answer nothing was guessed, so nothing is counted.
	var ok bool
	if a.text, ok = s.Factors[a.way.kind].Clean(typed); !ok {
		return s.refuse(v, a.way, v.wrongKey(a.way))
	}
	return s.answered(v, a.way, s.prove(v, a))
}

// answered turns what stands in the way of an answer into the page that says so.
func (s *SignIn) answered(v *visit, w way, err error) error {
	if f, ok := v.throttled(err); ok {
		return s.secondPage(v, f, w, templates.ErrorThrottled)
	}
	var conflict *storage.Conflict
	if !errors.As(err, &conflict) {
		return err
	}
	switch conflict.What {
	case "totp step":
		return s.refuse(v, w, templates.ErrorCodeUsed)
	case "signature counter":
		return s.refuse(v, w, templates.ErrorKeyFailed)
	case single(mfa.Email), single(mfa.SMS):
		return s.refuse(v, w, templates.ErrorCodeNewer)
	case single(mfa.BackupCode):
		return s.refuse(v, w, templates.ErrorBackupWrong)
	case single(mfa.AccessCode):
		return s.refuse(v, w, templates.ErrorAccessWrong)
	}
	return err
}

// refuse shows the page again.
func (s *SignIn) refuse(v *visit, w way, key string) error {
	return s.secondPage(v, v.failing(key), w, key)
}
