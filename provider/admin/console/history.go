package console

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"sallyport/storage/db"
	"sallyport/templates"
)

// versions is the history as the page shows it, each version with what it changed of the one before.
func versions(rows []db.ListPolicyVersionsRow) []templates.PolicyVersion {
	var out []templates.PolicyVersion
	for i, row := range rows {
		v := templates.PolicyVersion{Version: int(row.Version), At: row.CreatedAt, By: row.Author}
		switch {
		case i+1 < len(rows):
			v.Summary = changes(rows[i+1].Document, row.Document)
		case row.Version == 1:
			v.Summary = changes(nil, row.Document)
		}
		out = append(out, v)
	}
	return out
}

// changes names settings as the stored document does, and the command line with it: words that stay the same
// in every language. A document nobody can read any more has no changes to show.
func changes(from, to []byte) string {
	old, next := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if from != nil && json.Unmarshal(from, &old) != nil || json.Unmarshal(to, &next) != nil {
		return ""
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(next)) {
		was, is := plain(old[name]), plain(next[name])
		switch _, known := old[name]; {
		case !known:
			out = append(out, name+": "+is)
		case was != is:
			out = append(out, name+": "+was+" → "+is)
		}
	}
	return strings.Join(out, "; ")
}

// plain takes the punctuation of JSON off a value; documents hold words, numbers, switches and lists of words.
func plain(value json.RawMessage) string {
	return cmp.Or(strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(string(value)), "–")
}
