package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sallyport/mfa/policy"
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
	old, readable := settings(from)
	next, alsoReadable := settings(to)
	if !alsoReadable || from != nil && !readable {
		return ""
	}
	names := maps.Clone(old)
	maps.Copy(names, next)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, is := old[name], next[name]
		switch {
		case was == is:
		case from == nil:
			out = append(out, name+": "+is)
		default:
			out = append(out, name+": "+cmp.Or(was, "–")+" → "+cmp.Or(is, "–"))
		}
	}
	return strings.Join(out, "; ")
}

// settings is every setting by its path, read as the judge reads it: what an older document does not mention did not
// change with the first that does.
func settings(document []byte) (map[string]string, bool) {
	out := map[string]string{}
	p, err := policy.Parse(0, document)
	var all any
	if err != nil || json.Unmarshal(p.Encode(), &all) != nil {
		return out, false
	}
	flatten(out, "", all)
	return out, true
}

// flatten names a rule by its name and a list by what it holds; whom break_glass names is said by number, ids tell nobody
// anything.
func flatten(out map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if path != "" {
				name = path + "." + name
			}
			flatten(out, name, inner)
		}
	case []any:
		flattenList(out, path, v)
	case float64:
		out[path] = fmt.Sprintf("%.0f", v)
	case nil:
		out[path] = ""
	default:
		out[path] = fmt.Sprint(v)
	}
}

func flattenList(out map[string]string, path string, list []any) {
	var words []string
	for _, item := range list {
		rule, named := item.(map[string]any)
		if !named {
			words = append(words, fmt.Sprint(item))
			continue
		}
		name := fmt.Sprint(rule["name"])
		delete(rule, "name")
		flatten(out, path+"."+name, rule)
	}
	switch {
	case path == "break_glass":
		out[path] = fmt.Sprint(len(list))
	case len(words) > 0:
		out[path] = strings.Join(words, ", ")
	}
}
