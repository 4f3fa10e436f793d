// Package spelling is how codes that people type are written and read back.
//
// It owns the alphabet, the dashes and what is forgiven when typing, so that every spelling of a code is one guess
// and one consumption (gauntlet B05), whichever factor it belongs to. It knows no factor, owner or hash; mfa/totp,
// mfa/code, mfa/backup and mfa/recovery call it.
//
// Dependency: golang.org/x/text folds full-width digits and letters (NFKC), which telephones in some places type.
package spelling

import (
	"crypto/rand"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	digits  = "0123456789"
	symbols = digits + "ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's: no I, L, O, U
)

// Longer input is refused before it is folded: whoever sends megabytes types no code.
const (
	longestDigits  = 64
	longestSymbols = 128
)

// Random is a new code of length symbols of five bits each, with a dash after every group of them.
func Random(length, group int) string {
	b := make([]byte, length)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails
	}
	var code strings.Builder
	for i, c := range b {
		if i > 0 && i%group == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(symbols[c%byte(len(symbols))]) // 32 divides 256: no symbol is likelier
	}
	return code.String()
}

// Digits is a typed code of that many digits in its one form: full-width digits become digits, spaces and dashes go.
// ok is false when anything else is in it.
func Digits(typed string, length int) (clean string, ok bool) {
	if len(typed) > longestDigits {
		return "", false
	}
	clean = strings.Map(digit, norm.NFKC.String(typed))
	return clean, len(clean) == length && strings.Trim(clean, digits) == ""
}

func digit(r rune) rune {
	if unicode.IsSpace(r) || r == '-' {
		return -1
	}
	return r
}

// Symbols is a typed code of shortest to longest symbols in its one form: capitals, spaces and dashes gone,
// look-alikes read as the digits they look like. ok is false when anything else is in it.
func Symbols(typed string, shortest, longest int) (clean string, ok bool) {
	if len(typed) > longestSymbols {
		return "", false
	}
	clean = strings.Map(symbol, strings.ToUpper(norm.NFKC.String(typed)))
	return clean, len(clean) >= shortest && len(clean) <= longest && strings.Trim(clean, symbols) == ""
}

func symbol(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
		return -1
	case r == 'O':
		return '0'
	case r == 'I', r == 'L':
		return '1'
	}
	return r
}
