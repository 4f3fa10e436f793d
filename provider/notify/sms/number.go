package sms

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// ErrNumber is a phone number that is none, or none of a mobile phone.
var ErrNumber = errors.New("not a mobile phone number")

// country leaves out 001, the region of numbers that are of none.
var country = regexp.MustCompile(`\A[A-Z]{2}\z`)

// longestRaw, in octets, is generous to separators and scripts and still bounds what the parser is fed.
const longestRaw = 100

// Number turns what a person typed, from a country (ISO 3166-1, two letters; may be empty for a number with a plus), into
// E.164 and the country whose it is. Only numbers that are, or may be, of a mobile phone pass: no premium rate, shared
// cost, toll free or VoIP number, no extension, and nothing beyond countries (satellites, +883), which cost most and
// which no allow-list of countries names (gauntlet J05). Error: ErrNumber.
func Number(raw, from string) (number, region string, err error) {
	if len(raw) > longestRaw || strings.ContainsFunc(raw, foreign) {
		return "", "", ErrNumber
	}
	typed, err := phonenumbers.Parse(raw, strings.ToUpper(from))
	if err != nil {
		return "", "", ErrNumber
	}
	number = phonenumbers.Format(typed, phonenumbers.E164)
	if region, err = regionOf(number); err != nil {
		return "", "", err
	}
	return number, region, nil
}

// regionOf judges the number as it is stored, not as it was typed: so what passed once always does.
func regionOf(number string) (string, error) {
	n, err := phonenumbers.Parse(number, "")
	if err != nil || !e164.MatchString(number) || phonenumbers.Format(n, phonenumbers.E164) != number {
		return "", ErrNumber
	}
	region := phonenumbers.GetRegionCodeForNumber(n)
	if !phonenumbers.IsValidNumber(n) || !mobile(phonenumbers.GetNumberType(n)) || !country.MatchString(region) {
		return "", ErrNumber
	}
	return region, nil
}

// foreign are characters that no number is typed with: letters ("1-800-FLOWERS"), marks of extensions, line breaks, and what
// separates two numbers (gauntlet I07).
func foreign(r rune) bool {
	return !unicode.Is(unicode.Nd, r) && !unicode.Is(unicode.Zs, r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune("+\uff0b()./", r)
}

// mobile is true where a plan of numbers does not tell fixed and mobile apart, as in the United States.
func mobile(t phonenumbers.PhoneNumberType) bool {
	return t == phonenumbers.MOBILE || t == phonenumbers.FIXED_LINE_OR_MOBILE
}

// shown is how many of the last digits stay visible; dots stand in groups of as many.
const shown = 3

// Mask shows of a number (E.164) the country and the last three digits: "+47 ••• •• 512". What is no number becomes
// dots alone.
func Mask(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil || !e164.MatchString(number) {
		return "•••"
	}
	country := "+" + strconv.Itoa(int(n.GetCountryCode()))
	var b strings.Builder
	for i := range len(number) - len(country) - shown {
		if i%shown == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune('•')
	}
	return country + b.String() + " " + number[len(number)-shown:]
}

// block is how many digits of a number tell phones of one block apart: numbers are allotted by ten thousand, and who
// is paid for texts owns blocks.
const block = 4

// Prefix is the part of a number (E.164) that those of its block share, the country first: what caps count besides
// the number itself (gauntlet J05). What is no number is its own prefix.
func Prefix(number string) string {
	if !e164.MatchString(number) {
		return number
	}
	return number[:len(number)-block]
}
