package factortest

import (
	"fmt"
	"strings"
	"testing"

	"sallyport/mfa"
)

func isSecond(s Subject, _ *testing.T) error {
	if k := s.Factor.Kind(); !k.Second() {
		return fmt.Errorf("%q does not follow a first proof", k)
	}
	return nil
}

// answer is the person's right answer, clean.
func (s Subject) answer(p Person) (string, error) {
	typed := p.Answer(p.Claim.Now)
	clean, ok := s.Factor.Clean(typed)
	if !ok {
		return "", fmt.Errorf("the right answer %.40q cannot be one", typed)
	}
	return clean, nil
}

func cleansOnce(s Subject, t *testing.T) error {
	clean, err := s.answer(s.Enrol(t))
	if err != nil {
		return err
	}
	if again, ok := s.Factor.Clean(clean); !ok || again != clean {
		return fmt.Errorf("%.40q became %.40q, %v", clean, again, ok)
	}
	return nil
}

// wide is the full-width form of what ASCII prints.
func wide(r rune) rune {
	if r > ' ' && r <= '~' {
		return r + 0xFEE0
	}
	return r
}

func spellings(s Subject, t *testing.T) error {
	if !s.Typed {
		return nil
	}
	p := s.Enrol(t)
	typed := p.Answer(p.Claim.Now)
	want, err := s.answer(p)
	if err != nil {
		return err
	}
	for _, other := range []string{strings.Map(wide, typed), strings.Map(wide, want), strings.ToLower(typed), " " + typed + "\r\n",
		strings.Join(strings.Split(want, ""), " "), want[:3] + "-" + want[3:], want[:2] + "\u00a0" + want[2:], want[:4] + "\u3000" + want[4:]} {
		if got, ok := s.Factor.Clean(other); !ok || got != want {
			return fmt.Errorf("%q is %q, but %q is %q, %v", typed, want, other, got, ok)
		}
	}
	return nil
}

func garbage(s Subject, t *testing.T) error {
	c := s.Enrol(t).Claim
	for _, typed := range []string{"", " ", "-", "0", "\x00", "\xff\xfe123456", "null", "{}", "[]", `{"id":1}`, "'; --", "١٢٣٤٥٦", "１２３", strings.Repeat("1", 1<<20),
		strings.Repeat("[", 100_000)} {
		clean, ok := s.Factor.Clean(typed)
		if blank := strings.TrimSpace(typed) == ""; ok && (s.Typed || blank) {
			return fmt.Errorf("%.40q was read as %.40q", typed, clean)
		}
		if !ok {
			continue
		}
		if _, ok, err := s.Factor.Verify(clean, c); ok || err != nil {
			return fmt.Errorf("%.40q: %v, %v", typed, ok, err)
		}
	}
	return nil
}

func names(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	_, m, err := s.right(p)
	if err != nil {
		return err
	}
	return named(p.Claim, m)
}

// right is a right answer, clean, with what it proves.
func (s Subject) right(p Person) (clean string, m mfa.Match, err error) {
	if clean, err = s.answer(p); err != nil {
		return "", m, err
	}
	m, ok, err := s.Factor.Verify(clean, p.Claim)
	if err != nil || !ok {
		return "", m, fmt.Errorf("the right answer %.40q: %v, %v", clean, ok, err)
	}
	return clean, m, nil
}

func refusesWrong(s Subject, t *testing.T) error {
	p := s.Enrol(t)
	typed := p.Wrong()
	clean, ok := s.Factor.Clean(typed)
	if !ok {
		return fmt.Errorf("the wrong answer %.40q cannot be an answer: the subject makes a better one", typed)
	}
	return s.refuses(clean, p.Claim, "a wrong answer")
}

// refuses demands that an answer proves nothing, names nothing, and that this is no error.
func (s Subject) refuses(clean string, c mfa.Claim, what string) error {
	m, ok, err := s.Factor.Verify(clean, c)
	if ok || err != nil || !m.Factor.IsZero() || m.Counter != 0 || m.Hash != nil || m.UserVerified {
		return fmt.Errorf("%s: %+v, %v, %v", what, m, ok, err)
	}
	return nil
}
