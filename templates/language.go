package templates

import (
	"strings"

	"golang.org/x/text/language"
)

// longestWish bounds what is parsed of a client's wish; browsers send under a hundred bytes.
const longestWish = 512

var matcher = language.NewMatcher(Languages())

// Languages returns the languages the pages speak, English first, for ui_locales_supported (OpenID Connect Discovery 1.0, section 3).
func Languages() []language.Tag {
	tags := make([]language.Tag, len(catalogues))
	for i, c := range catalogues {
		tags[i] = c.tag
	}
	return tags
}

// Match returns the language of the first candidate that we speak, each a ui_locales value or an Accept-Language header; English when none is, whatever they hold.
func Match(candidates ...string) language.Tag {
	for _, candidate := range candidates {
		_, index, confidence := matcher.Match(wishes(candidate)...)
		if confidence > language.No {
			return catalogues[index].tag
		}
	}
	return language.English
}

// wishes reads both forms: ui_locales parts its tags by spaces, Accept-Language by commas with weights.
func wishes(candidate string) []language.Tag {
	if len(candidate) > longestWish {
		return nil
	}
	if !strings.ContainsAny(candidate, ",;") {
		candidate = strings.Join(strings.Fields(candidate), ",")
	}
	tags, _, err := language.ParseAcceptLanguage(candidate)
	if err != nil {
		return nil
	}
	return tags
}

func nearest(lang language.Tag) *catalogue {
	_, index, _ := matcher.Match(lang)
	return catalogues[index]
}
