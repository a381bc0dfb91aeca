import { quote } from '../../util/launcher.ts';

/** How each shell asks bpfrig what can stand where the cursor is, and shows it. `ask` is the command that prints the candidates. */
export const SCRIPTS: Readonly<Record<string, (ask: string) => string>> = { bash, zsh, fish };

/** Returns the command that prints candidates, `VALUE<tab>ABOUT` per line; the words follow it. It installs and builds nothing. */
export function askCommand(node: string, main: string): string {
  return `${quote(node)} ${quote(main)} complete --`;
}

// bash splits words at `:` and `=`, and replaces only what is behind them: the words are taken from the line, and what is in front of the
// last such character is cut from each candidate. `read` without -r removes backslashes; words in quotes are not recognized.
function bash(ask: string): string {
  return `# bpfrig's completion for bash
_bpfrig() {
	local line=\${COMP_LINE:0:COMP_POINT} current cut candidate
	local -a words
	read -a words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	current=\${words[-1]}
	cut=
	[[ $current =~ ^.*[$COMP_WORDBREAKS] ]] && cut=\${BASH_REMATCH[0]}
	COMPREPLY=()
	while IFS= read -r candidate; do
		candidate=\${candidate%%$'\\t'*}
		candidate=$(printf %q "\${candidate#"$cut"}")
		COMPREPLY+=("\${candidate/#\\\\~\\//\\~/}")
	done < <(${ask} "\${words[@]:1}" 2>/dev/null)
	[[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[/:=] ]] && compopt -o nospace
}
complete -F _bpfrig bpfrig
`;
}

function zsh(ask: string): string {
  return `#compdef bpfrig
# bpfrig's completion for zsh
_bpfrig() {
	local line value
	local -a whole whole_about open open_about
	for line in "\${(@f)$(${ask} "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
		[[ -n $line ]] || continue
		value=\${line%%$'\\t'*}
		line=\${line/$'\\t'/  -- }
		if [[ $value == *[/:=] ]]; then
			open+=("$value") open_about+=("\${line%  -- }")
		else
			whole+=("$value") whole_about+=("\${line%  -- }")
		fi
	done
	(( $#whole )) && compadd -l -d whole_about -a whole
	(( $#open )) && compadd -S '' -d open_about -a open
	(( $#whole + $#open ))
}
if [[ $funcstack[1] == _bpfrig ]]; then
	_bpfrig
else
	compdef _bpfrig bpfrig
fi
`;
}

function fish(ask: string): string {
  return `# bpfrig's completion for fish
function __bpfrig_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    ${ask} $words[2..-1] "$current" 2>/dev/null
end
complete -c bpfrig -f -a '(__bpfrig_complete)'
`;
}
