package sms

import (
	"strconv"

	"github.com/nyaruka/phonenumbers"
)

// Dial is how numbers of the region (ISO 3166-1 alpha-2) begin, such as "+47"; "" for a region without numbers.
func Dial(region string) string {
	code := phonenumbers.GetCountryCodeForRegion(region)
	if code == 0 {
		return ""
	}
	return "+" + strconv.Itoa(code)
}
