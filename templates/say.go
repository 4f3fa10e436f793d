package templates

import "golang.org/x/text/language"

// Say returns the words of one message, as a page would show a Passage of this key and data, in the language nearest to lang. A
// message that is not there or lacks data is the key itself: an explanation with a gap is better than none.
func Say(lang language.Tag, key string, data map[string]any) string {
	out, err := nearest(lang).sentence(Passage{Key: key, Data: data})
	if err != nil {
		return key
	}
	return out
}
