package signin

import (
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/code"
	"sallyport/provider/attempt"
	"sallyport/provider/notify/sms"
	"sallyport/storage/id"
	"sallyport/templates"
)

// way is one way to pass the second factor: a kind, and for a kind that is sent, where to.
type way struct {
	kind   mfa.Kind
	factor id.Factor
}

func (w way) String() string {
	if w.factor.IsZero() {
		return string(w.kind)
	}
	return string(w.kind) + ":" + w.factor.String()
}

// ways are those on offer, the one used last first.
func (v *visit) ways() []way {
	var out []way
	for _, k := range v.d.Offer {
		if !k.Sent() {
			out = append(out, way{kind: k})
		}
		for _, f := range v.factors(k) {
			if k.Sent() {
				out = append(out, way{k, f.ID})
			}
		}
	}
	return out
}

func (v *visit) factors(k mfa.Kind) []attempt.Factor {
	return slices.DeleteFunc(slices.Clone(v.a.Person.Factors), func(f attempt.Factor) bool { return f.Kind != k })
}

// way is the one that was named where it is on offer, else the one a code is on its way to, else the first.
func (v *visit) way(named string) way {
	all := v.ways()
	for _, wanted := range []string{named, v.sentTo().String()} {
		for _, w := range all {
			if w.String() == wanted {
				return w
			}
		}
	}
	return all[0]
}

func (v *visit) sentTo() way {
	if v.a.Facts.Sent == nil {
		return way{}
	}
	return way{v.a.Facts.Sent.Kind, v.a.Facts.Sent.Factor}
}

// several reports whether there is a choice between enrolled factors; what only stands in for one is no choice.
func several(all []way) bool {
	return len(slices.DeleteFunc(slices.Clone(all), func(w way) bool { return w.kind.Recovery() })) > 1
}

// shown are the ways as the page lists them, without the one it is about.
func (s *SignIn) shown(v *visit, all []way, but way) ([]templates.Way, error) {
	var out []templates.Way
	for _, w := range all {
		if w == but {
			continue
		}
		target, err := s.target(v, w)
		if err != nil {
			return nil, err
		}
		out = append(out, templates.Way{Method: string(w.kind), Target: target, Value: w.String()})
	}
	return out, nil
}

// target is where a code goes, as much of it as the owner needs to recognise it.
func (s *SignIn) target(v *visit, w way) (string, error) {
	if !w.kind.Sent() {
		return "", nil
	}
	address, err := s.recipient(v, w)
	if err != nil {
		return "", err
	}
	return masked(w.kind, address), nil
}

func masked(k mfa.Kind, address string) string {
	if k == mfa.SMS {
		return sms.Mask(address)
	}
	return code.MaskEmail(address)
}

// recipient is the number or address that was proven when the factor was enrolled: nothing that comes with a request
// decides where a code goes (gauntlet C02).
func (s *SignIn) recipient(v *visit, w way) (string, error) {
	var sealed []byte
	if e := v.a.Facts.Enrolment; e != nil && e.Factor == w.factor {
		sealed = e.Secret
	}
	for _, f := range v.factors(w.kind) {
		if f.ID == w.factor {
			sealed = f.Secret
		}
	}
	return s.opened(v, w.factor, sealed)
}
